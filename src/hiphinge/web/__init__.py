"""The web app: pages, accounts, uploads and live coaching over HTTP."""
