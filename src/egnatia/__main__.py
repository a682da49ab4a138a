"""`python -m egnatia` is the command `egnatia`."""

from egnatia.cli.main import main

if __name__ == "__main__":
    main()
