using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.DataParallel.Interop;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using TorchSharp;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>Sums over the memory of replicas that come and go as they like.</summary>
public sealed class SharedGradientsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public SharedGradientsTests() => Torch.EnsureLoaded();

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Finish_ReplicasAtTheirOwnPace_GivesEachTheSumInTheOrderOfRanks(int replicas)
    {
        const int Length = 200_000;
        var buckets = GradientBucketPlan.Cut([0, 1000, 70_000, 130_000, 131_000], [131_000, Length], 1000, 50_000);
        var steps = 10 * TestRounds.Count;
        var shared = new SharedGradients(replicas, Limit);
        using var scope = torch.NewDisposeScope();
        var gradients = Enumerable.Range(0, replicas).Select(_ => torch.zeros([Length], torch.float32).DetachFromDisposeScope()).ToArray();
        var failures = new List<string>();
        var threads = Enumerable.Range(0, replicas).Select(rank => new Thread(() => Live(rank))).ToArray();

        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Array.ForEach(gradients, g => g.Dispose());

        Assert.Empty(failures);

        void Live(int rank)
        {
            var random = new Random(rank);
            var memory = new TensorMemory<float>(gradients[rank]);
            shared.Join(rank, memory.Address, buckets);
            for (var step = 1; step <= steps; step++)
            {
                var mine = FlatParameters.Floats(gradients[rank]);
                for (var i = 0; i < Length; i++)
                {
                    mine[i] = Value(rank, step, i);
                }

                shared.Show(rank, step, [rank + step]);
                for (var bucket = 0; bucket < buckets.Count; bucket++)
                {
                    Thread.SpinWait(random.Next(2) * random.Next(20_000));
                    shared.Arrive(rank, bucket);
                }

                Span<double> totals = [0];
                var isWhole = shared.Finish(rank, step, totals);
                var wrong = -1;
                for (var i = 0; i < Length; i += 97)
                {
                    var sum = Value(0, step, i);
                    for (var other = 1; other < replicas; other++)
                    {
                        sum += Value(other, step, i);
                    }

                    wrong = mine[i] == sum ? wrong : i;
                }

                if (!isWhole || wrong >= 0 || totals[0] != Enumerable.Range(0, replicas).Sum(r => r + step))
                {
                    lock (failures)
                    {
                        failures.Add($"rank {rank}, step {step}, number {wrong}, totals {totals[0]}");
                    }
                }
            }
        }

        static float Value(int rank, int step, int i) => MathF.Sin((rank * 31) + (step * 7) + i) * (1 + (rank * 1e4f));
    }

    [Fact]
    public void Finish_ReplicasDoNotCome_NamesThem()
    {
        var buckets = GradientBucketPlan.Cut([0], [64], 16, 16);
        var shared = new SharedGradients(3, TimeSpan.FromMilliseconds(20));
        using var gradients = torch.zeros([64], torch.float32);
        var first = Assert.Throws<CollectiveTimeoutException>(() => End(0));
        var last = Assert.Throws<CollectiveTimeoutException>(() => End(2));

        Assert.Equal("Expected 3 replicas at the end of a step within 20 ms, but ranks 1 and 2 did not come.", first.Message);
        Assert.Equal("Expected 3 replicas at the end of a step within 20 ms, but rank 1 did not come.", last.Message);
        Assert.Equal([1, 2], first.Ranks);
        Assert.Equal([1], last.Ranks);

        void End(int rank)
        {
            shared.Join(rank, new TensorMemory<float>(gradients).Address, buckets);
            shared.Show(rank, 1, [0]);
            shared.Arrive(rank, 0);
            Span<double> totals = [0];
            shared.Finish(rank, 1, totals);
        }
    }

    [Fact]
    public void Finish_OneReplicaFails_TheOthersDoNotWait()
    {
        var buckets = GradientBucketPlan.Cut([0], [64], 16, 16);
        var shared = new SharedGradients(3, Limit);
        using var scope = torch.NewDisposeScope();
        var gradients = torch.zeros([64], torch.float32).DetachFromDisposeScope();
        var whole = new bool[2];
        var threads = Enumerable.Range(0, 2).Select(rank => new Thread(() =>
        {
            shared.Join(rank, new TensorMemory<float>(gradients).Address, buckets);
            shared.Show(rank, 1, [0]);
            shared.Arrive(rank, 0);
            Span<double> totals = [0];
            whole[rank] = shared.Finish(rank, 1, totals);
        })).ToArray();

        Array.ForEach(threads, t => t.Start());
        shared.Leave();
        Array.ForEach(threads, t => t.Join());
        gradients.Dispose();

        Assert.Equal([false, false], whole);
    }
}
