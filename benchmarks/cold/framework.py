"""The least that an API with FastAPI, Mangum and the clients that ours needs is: its first request asks for nothing."""

import boto3
from fastapi import FastAPI
from mangum import Mangum

clients = [boto3.client(name, region_name="us-east-1") for name in ("dynamodb", "stepfunctions", "lambda")]
app = FastAPI()


@app.get("/")
async def root() -> dict[str, bool]:
    """Any request."""
    return {"ok": True}


handler = Mangum(app, lifespan="off")
