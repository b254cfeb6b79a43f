"""What people look at: decision page, Allure report, transcripts, charts, terminal summary.

It shows what approval decided and decides nothing; only the runner and the command line import it.
"""
