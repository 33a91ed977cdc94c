using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Mlp.Spark.Worker.Interop;

/// <summary>Whether the other end of a Unix socket is closed: .NET's own <c>Poll</c> does not say, where bytes wait to be read.</summary>
internal static partial class HungUpSocket
{
    private const short Error = 0x8;
    private const short HungUp = 0x10;

    /// <summary>Looks at a socket, and waits for nothing.</summary>
    /// <param name="socket">The socket.</param>
    /// <exception cref="ObjectDisposedException">It is closed at this end.</exception>
    public static bool Is(Socket socket)
    {
        var isHeld = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref isHeld);
            var poll = new PollFile { Descriptor = (int)socket.SafeHandle.DangerousGetHandle() };
            return Poll(ref poll, 1, 0) > 0 && (poll.Result & (Error | HungUp)) != 0;
        }
        finally
        {
            if (isHeld)
            {
                socket.SafeHandle.DangerousRelease();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollFile files, nuint count, int timeoutMilliseconds);

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollFile
    {
        public int Descriptor;
        public short Wanted;
        public short Result;
    }
}
