"""A TCP proxy on 127.0.0.1 that delays replies, swallows them or drops its connections."""
import asyncio
import threading


class Proxy:
    """Passes connections to `port` on to `target_port`. Its loop runs on a thread of its own; the faults are set
    from another one and hold for connections that are open as well as for new ones."""

    def __init__(self, port, target_port):
        self.port = port
        self.target_port = target_port
        self.reply_delay_seconds = 0.0
        self.swallows_replies = False
        self.open = set()
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(started,), daemon=True)
        self.thread.start()
        started.wait()

    def run(self, started):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.connected, "127.0.0.1", self.port))
        started.set()
        self.loop.run_forever()
        server.close()

    def close(self):
        self.drop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def drop(self):
        """Every connection ends now, on both sides; a request that has arrived is carried out all the same."""
        def close_all():
            for writer in list(self.open):
                writer.transport.abort()
        self.loop.call_soon_threadsafe(close_all)

    def heal(self):
        """The end of delays and of swallowed replies; a connection that has missed one is of no use any more."""
        self.reply_delay_seconds = 0.0
        if self.swallows_replies:
            self.swallows_replies = False
            self.drop()

    async def connected(self, client_reader, client_writer):
        try:
            broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            client_writer.transport.abort()
            return
        both = {client_writer, broker_writer}
        self.open |= both
        try:
            await asyncio.gather(self.pass_on(client_reader, broker_writer, False),
                                 self.pass_on(broker_reader, client_writer, True))
        except OSError:
            pass
        finally:
            self.open -= both
            for writer in both:
                writer.transport.abort()

    async def pass_on(self, reader, writer, replies):
        while data := await reader.read(65536):
            if replies and self.reply_delay_seconds:
                await asyncio.sleep(self.reply_delay_seconds)
            if replies and self.swallows_replies:
                continue
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError("the other side has closed")
