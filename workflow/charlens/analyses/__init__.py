"""What the models' predictions show, one folder per question.

Each analysis reads predictions files, makes one table and draws one figure from it. Analyses do
not import one another. What several need, such as which models are compared, lies beside the
folders or in a package below.
"""
