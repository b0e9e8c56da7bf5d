"""One module per thing a person does; joins the steps."""
