"""Short texts in several languages and encodings, written for these tests."""

KOREAN = """아침에 강가를 걷던 아이가 “물이 차다”고 말했다.
할머니는 웃으며 따뜻한 차를 내어 주셨다. 고양이는 창가에서 졸고 있었다.
"""
CHINESE = """早上我们去河边散步，孩子说：“水很冷。”
奶奶笑着给我们倒了热茶，猫在窗边睡觉。今天天气很好，我们一起回家。
"""
JAPANESE = """朝、川のそばを歩いていた子供が「水が冷たい」と言った。
祖母は笑って、温かいお茶を出してくれた。猫は窓辺で眠っている。
"""
ARABIC = """في الصباح مشى الولد قرب النهر وقال: «الماء بارد».
ضحكت الجدة وقدمت لنا شايًا ساخنًا، والقطة نائمة قرب النافذة.
"""
HEBREW = """בבוקר הלך הילד ליד הנהר ואמר: ״המים קרים״.
סבתא צחקה והגישה לנו תה חם, והחתולה ישנה ליד החלון (שוב).
"""
FRENCH = """Ce matin, l’enfant marchait près de la rivière : « L’eau est gelée », dit-il.
La grand-mère rit et nous servit un thé très chaud ; le chat dormait à la fenêtre.
""".replace("’", "'")
RUSSIAN = """Утром ребёнок шёл вдоль реки и сказал: «Вода холодная».
Бабушка засмеялась и налила нам горячего чаю, кошка спала у окна.
"""
THAI = """ตอนเช้าเด็กเดินริมแม่น้ำและพูดว่า “น้ำเย็น”
คุณยายหัวเราะและรินชาร้อนให้เรา แมวนอนอยู่ข้างหน้าต่าง
"""
HINDI = """सुबह नदी के किनारे चलते हुए बच्चे ने कहा, “पानी ठंडा है।”
दादी ने हँसकर हमें गरम चाय दी, और बिल्ली खिड़की के पास सो रही थी।
"""
EMOJI = """Good morning ☀️! The river is cold 🥶, said the kid 👧🏽.
Grandma laughed 😂 and gave us hot tea 🍵; the cat 🐈‍⬛ slept 😴.
"""

LANGUAGES = {
    "korean": (KOREAN, "utf-8"),
    "chinese": (CHINESE, "utf-8"),
    "chinese_gb": (CHINESE, "gb18030"),
    "japanese": (JAPANESE, "utf-8"),
    "japanese_sjis": (JAPANESE, "cp932"),
    "arabic": (ARABIC, "utf-8"),
    "hebrew": (HEBREW, "utf-8"),
    "french": (FRENCH, "cp1252"),
    "russian": (RUSSIAN, "cp1251"),
    "russian_wide": (RUSSIAN, "utf-16-le"),
    "thai": (THAI, "utf-8"),
    "hindi": (HINDI, "utf-8"),
    "emoji": (EMOJI, "utf-8"),
}
"""Name -> two lines of text and their encoding, by the name that a guess gives it."""


def encoded(name: str, times: int = 1) -> bytes:
    text, encoding = LANGUAGES[name]
    return (text * times).encode(encoding)
