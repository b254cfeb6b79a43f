"""Allure: what behave saw becomes results, what was decided becomes their first page.

`formatter` writes results, `results` counts them, `run_level` adds the decision, `html` renders.
"""
