# The application of FastAPI's tutorial, "Handling errors", and a list with a typed parameter. It prints its URL.
import socket

import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from starlette.exceptions import HTTPException as StarletteHTTPException

app = FastAPI()
items = {"foo": "The Foo Wrestlers"}


@app.get("/items")
def list_items(limit: int = 10):
    return list(items)[:limit]


@app.get("/items/{item_id}")
def read_item(item_id: str):
    if item_id not in items:
        raise HTTPException(status_code=404, detail="Item not found")
    return {"item": items[item_id]}


tutorial = FastAPI()


@tutorial.exception_handler(StarletteHTTPException)
async def on_http_exception(request, error):
    return await http_exception_handler(request, error)


@tutorial.exception_handler(RequestValidationError)
async def on_validation_error(request, error):
    return await request_validation_exception_handler(request, error)


@tutorial.get("/items/{item_id}")
async def read_numbered_item(item_id: int):
    if item_id == 3:
        raise HTTPException(status_code=418, detail="Nope! I don't like 3.")
    return {"item_id": item_id}


app.mount("/tutorial", tutorial)
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
# Bound alone it would refuse connections until uvicorn is ready, which is after the URL has been printed.
listener.listen()
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
