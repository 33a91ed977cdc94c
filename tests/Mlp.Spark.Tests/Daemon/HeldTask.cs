using System.Net.Sockets;
using Mlp.Spark.Tests.Peer;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>A task of which some bytes were sent and the rest is held back.</summary>
internal sealed class HeldTask : IDisposable
{
    private readonly SparkPeer _peer;
    private readonly byte[] _rest;

    /// <summary>Sends the first bytes on a connection of its own.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="task">The task.</param>
    /// <param name="sent">Number of bytes to send.</param>
    public HeldTask(WorkerProcess worker, byte[] task, int sent)
    {
        _peer = worker.Connect();
        _rest = task[sent..];
        Send(task[..sent], isLast: false);
    }

    /// <summary>Sends the rest, and nothing after it.</summary>
    /// <returns>The answer or refusal; null where the worker closed the connection without either: the task ended within.</returns>
    public WorkerReply? Finish()
    {
        var sending = OwnThread.Run(() => Send(_rest, isLast: true));
        try
        {
            return _peer.ReadReply();
        }
        catch (IOException e)
        {
            Assert.False(e.InnerException is SocketException { SocketErrorCode: SocketError.TimedOut }, "The worker neither answered nor ended.");
            return null;
        }
        finally
        {
            Assert.True(sending.Wait(WorkerProcess.Patience));
        }
    }

    public void Dispose() => _peer.Dispose();

    private void Send(byte[] bytes, bool isLast)
    {
        try
        {
            _peer.Write(bytes);
            if (isLast)
            {
                _peer.CloseSending();
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Refused before it was read: the connection may be gone by now.
        }
    }
}
