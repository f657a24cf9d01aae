"""`python -m ops.bench` is `haas bench`, from a checkout that is not installed too."""

import sys

from ops.cli import main

main(["bench", *sys.argv[1:]])
