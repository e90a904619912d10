"""`python -m eventmill.cli`"""

from eventmill.cli.main import main

main()
