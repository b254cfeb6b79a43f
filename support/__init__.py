"""The machinery behind the feature files: ../README.md lists the folders."""
