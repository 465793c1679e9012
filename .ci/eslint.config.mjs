// What `make lint` checks of the explorer's scripts: ES2020, one namespace, nothing unused.
const browser = [
  "addEventListener", "atob", "Blob", "cancelAnimationFrame", "clearTimeout", "console", "CSS",
  "DecompressionStream", "devicePixelRatio", "document", "Event", "getComputedStyle", "getSelection",
  "history", "innerHeight", "location", "matchMedia", "navigator", "Node", "Option", "performance",
  "requestAnimationFrame", "ResizeObserver", "Response", "setTimeout", "TextDecoder", "TextEncoder", "window",
];
const globals = Object.fromEntries(browser.map((name) => [name, "readonly"]));

export default [{
  files: ["**/*.js"],
  languageOptions: {
    ecmaVersion: 2020,
    sourceType: "script",
    globals: { ...globals, charlens: "readonly" },
  },
  linterOptions: { reportUnusedDisableDirectives: "error" },
  rules: {
    "array-callback-return": "error",
    "eqeqeq": "error",
    "no-constant-condition": "error",
    "no-dupe-keys": "error",
    "no-else-return": "error",
    "no-implicit-globals": "error",
    "no-redeclare": "error",
    "no-shadow": "error",
    "no-undef": "error",
    "no-unused-expressions": "error",
    "no-unused-vars": "error",
    "no-use-before-define": ["error", { functions: false, variables: false }],
    "no-useless-return": "error",
    "no-var": "error",
    "prefer-const": "error",
    "strict": ["error", "global"],
  },
}, {
  files: ["**/data.js"], // which makes the namespace
  languageOptions: { globals: { charlens: "off" } },
  rules: { "no-implicit-globals": "off" },
}];
