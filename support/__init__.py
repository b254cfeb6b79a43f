"""The machinery behind the feature files: see ../README.md for the rooms and who may know whom."""
