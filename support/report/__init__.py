"""Everything people look at: Allure results and page, the decision page, transcripts, last words.

It shows what approval decided and decides nothing; only the runner and the command line import it.
"""
