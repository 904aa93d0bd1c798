/// What the pages of all reports have around them: one file that loads nothing and forbids itself to.
package enum PageFrame {
  /// - Parameters:
  ///   - title: plain text.
  ///   - body: HTML.
  package static func html(title: String, body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
    script-src 'unsafe-inline'">
    <title>\(HTMLText.escaped(title))</title>
    <style>
    \(PageStyle.text)
    </style>
    </head>
    <body>
    <main>
    \(body)</main>
    <script>
    \(PageScript.text)
    </script>
    </body>
    </html>

    """
  }
}
