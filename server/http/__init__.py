"""How the HTTP API is declared, checked and described."""
