# Tasks that catch their cancelling.
# timeout: 1
# status: timeout
# error: Script execution timed out after 1 seconds
import asyncio


async def stubborn():
    while True:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            pass


async def main():
    asyncio.create_task(stubborn())
    await asyncio.sleep(0.1)
    return "returned"
