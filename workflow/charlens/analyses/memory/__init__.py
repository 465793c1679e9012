"""What do networks remember for longer than training unrolled: quotations, blocks, words?

One table is about closing characters of the test text, as opposed to places where nothing is to
be closed. The other is about probes: something is put into a text, and it is measured whether it
still matters d characters later. One figure shows both.
"""
