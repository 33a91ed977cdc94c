using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Launch;

public sealed class FreePortsTests
{
    [Fact]
    public void Take_ManyTimes_GivesEachPortOnceAndNoneThatSystemsHandOut()
    {
        var ports = Enumerable.Range(0, 500).Select(_ => FreePorts.Take()).ToList();

        Assert.Equal(ports.Count, ports.Distinct().Count());
        Assert.All(ports, p => Assert.InRange(p, 10_000, 19_999));
    }

    [Fact]
    public void Take_PortsWhereOthersListenOnLoopback_ArePassedOver()
    {
        // The next ones in the row, as far as other tests leave them.
        var next = FreePorts.Take() + 1;
        var listeners = Enumerable.Range(next, 50).Select(TryListen).OfType<Socket>().ToList();
        try
        {
            var taken = listeners.Select(l => ((IPEndPoint)l.LocalEndPoint!).Port).ToHashSet();
            Assert.NotEmpty(taken);

            Assert.DoesNotContain(Enumerable.Range(0, 50).Select(_ => FreePorts.Take()), taken.Contains);
        }
        finally
        {
            listeners.ForEach(l => l.Dispose());
        }
    }

    [Fact]
    public void TakeForTests_ByManyAtOnce_GivesEachPortOnce()
    {
        var ports = new ConcurrentBag<int>();
        Parallel.For(0, 100, _ => ports.Add(LoopbackPorts.Take()));

        Assert.Equal(100, ports.Distinct().Count());
        Assert.All(ports, p => Assert.InRange(p, 30_000, 32_767));
    }

    private static Socket? TryListen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }
}
