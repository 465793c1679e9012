"""Training networks: one job trains all dropout candidates of a grid point and keeps the best."""
