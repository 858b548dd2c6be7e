"""The barest FastAPI application: what every service on FastAPI costs to start and to keep."""

from fastapi import FastAPI

app = FastAPI()


@app.post("/classify")
async def classify() -> dict[str, str]:
    """Answer."""
    return {"status": "ok"}
