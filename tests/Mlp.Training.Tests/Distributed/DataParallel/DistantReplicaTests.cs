using System.Collections.Concurrent;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.DataParallel.Interop;
using Mlp.Training.Interop;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;
using TorchSharp;
using TorchSharp.Modules;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>Ranks that are far from each other: with overlap every bucket has set out when the backward pass ends, whatever the network does; without, none has. How much time that hides is a benchmark's business (overlap-latency).</summary>
public sealed class DistantReplicaTests
{
    private const int Layers = 6;
    private const int Width = 64;

    public DistantReplicaTests() => Torch.EnsureLoaded();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Backward_RanksAreFarApart_BucketsSetOutInOrderBeforeItEndsOnlyWithOverlap(bool overlaps)
    {
        overlaps &= GradientHooks.AreAvailable;
        var relays = new ConcurrentBag<DelayedRelay>();
        var groups = await LoopbackRanks.ConnectAsync(2, o => (o.Transport.UseSharedMemory, o.Transport.MapPort) = (false, port =>
        {
            var relay = new DelayedRelay(port);
            relay.Shape(TimeSpan.FromMilliseconds(3), 125e6);
            relays.Add(relay);
            return relay.Port;
        }));

        var failures = LoopbackRanks.Run(groups, group =>
        {
            for (var step = 0; step < 3; step++)
            {
                CheckStep(group, overlaps);
            }
        });

        Assert.All(failures, Assert.Null);
        Assert.True(relays.Sum(r => r.ByteCount) > 3 * Layers * Width * Width * sizeof(double));
        await LoopbackRanks.DisposeAsync(groups);
        foreach (var relay in relays)
        {
            relay.Dispose();
        }
    }

    private static void CheckStep(ProcessGroup group, bool overlaps)
    {
        using var scope = torch.NewDisposeScope();
        var gradients = torch.zeros([Layers * Width * Width], torch.float64);
        var parameters = Enumerable.Range(0, Layers).Select(l => new Parameter(torch.eye(Width, dtype: torch.float64), requires_grad: true) { grad = gradients.narrow(0, l * Width * Width, Width * Width).view(Width, Width) }).ToList();
        var plan = GradientBucketPlan.Cut([.. Enumerable.Range(0, Layers).Select(l => l * Width * Width)], [Layers * Width * Width], Width * Width, Width * Width);
        var transport = new Recording(new GroupTransport<double>(group, new TensorMemory<double>(gradients).Memory, plan, overlaps));
        using var buckets = new GradientBuckets(transport, plan, parameters, overlaps);

        buckets.Begin([1]);
        var output = torch.full([1, Width], group.Rank + 1.0, torch.float64);
        foreach (var parameter in parameters)
        {
            output = output.matmul(parameter);
        }

        output.sum().backward();
        var before = transport.Sent.ToArray();
        Span<double> totals = [0];
        buckets.End(totals);

        Assert.Equal(Layers, plan.Count);
        Assert.Equal(overlaps ? Enumerable.Range(0, Layers) : [], before);
        Assert.Equal(Enumerable.Range(0, Layers), transport.Sent);

        // Each layer is the identity, so each gradient is the rank's input, and their sum is 1 + 2.
        Assert.Equal(2, totals[0]);
        Assert.Equal((3.0, 3.0), (gradients.min().item<double>(), gradients.max().item<double>()));
    }

    private sealed class Recording(IGradientTransport inner) : IGradientTransport
    {
        public List<int> Sent { get; } = [];

        public void Cut(IReadOnlyList<GradientBucket> buckets) => inner.Cut(buckets);

        public void Begin(ReadOnlySpan<double> totals) => inner.Begin(totals);

        public void Send(int bucket)
        {
            Sent.Add(bucket);
            inner.Send(bucket);
        }

        public void End(Span<double> totals) => inner.End(totals);

        public void Dispose() => inner.Dispose();
    }
}
