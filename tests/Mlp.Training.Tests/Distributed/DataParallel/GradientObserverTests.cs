using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.DataParallel.Interop;
using Mlp.Training.Interop;
using TorchSharp;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>Replicas that add up in each other's memory say who came last and who summed.</summary>
public sealed class GradientObserverTests
{
    private const int Replicas = 3;
    private const int Steps = 20;
    private const int Length = 200_000;

    public GradientObserverTests() => Torch.EnsureLoaded();

    [Fact]
    public void Finish_Observed_EachBucketIsOpenedAndSummedOnce()
    {
        var buckets = GradientBucketPlan.Cut([0, 70_000, 130_000], [Length], 1000, 50_000);
        var shared = new SharedGradients(Replicas, TimeSpan.FromMinutes(5));
        using var scope = torch.NewDisposeScope();
        var gradients = Enumerable.Range(0, Replicas).Select(_ => torch.zeros([Length], torch.float32).DetachFromDisposeScope()).ToArray();
        var observers = Enumerable.Range(0, Replicas).Select(_ => new Observer(buckets.Count)).ToArray();
        var threads = Enumerable.Range(0, Replicas).Select(rank => new Thread(() =>
        {
            shared.Join(rank, new TensorMemory<float>(gradients[rank]).Address, buckets, observers[rank]);
            Span<double> totals = [0];
            for (var step = 1; step <= Steps; step++)
            {
                shared.Show(rank, step, [0]);
                for (var bucket = 0; bucket < buckets.Count; bucket++)
                {
                    shared.Arrive(rank, bucket);
                }

                shared.Finish(rank, step, totals);
            }
        })).ToArray();

        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Array.ForEach(gradients, g => g.Dispose());

        var pieces = buckets.Sum(b => (b.Length + (1 << 15) - 1) / (1 << 15));
        Assert.Equal(Steps * pieces, observers.Sum(o => o.Sums));
        Assert.All(observers, o => Assert.All(o.Ready, count => Assert.Equal(Steps, count)));
        Assert.All(Enumerable.Range(0, buckets.Count), b => Assert.Equal((Steps, Steps), (observers.Sum(o => o.Opened[b]), observers.Sum(o => o.Summed[b]))));

        // All say the same of each step, and each is named as often as it opened the last bucket.
        Assert.All(observers, o => Assert.Equal(observers[0].LastRanks, o.LastRanks));
        Assert.All(Enumerable.Range(0, Replicas), r => Assert.Equal(observers[r].Opened[^1], observers[0].LastRanks.Count(last => last == r)));
    }

    private sealed class Observer(int buckets) : IGradientObserver
    {
        public int[] Ready { get; } = new int[buckets];

        public int[] Opened { get; } = new int[buckets];

        public int[] Summed { get; } = new int[buckets];

        public int Sums { get; private set; }

        public List<int> LastRanks { get; } = [];

        void IGradientObserver.Ready(int bucket) => Ready[bucket]++;

        void IGradientObserver.Opened(int bucket) => Opened[bucket]++;

        void IGradientObserver.SumBegun(int bucket)
        {
        }

        void IGradientObserver.SumEnded(int bucket, bool isWhole)
        {
            Sums++;
            Summed[bucket] += isWhole ? 1 : 0;
        }

        void IGradientObserver.Finished(int lastRank) => LastRanks.Add(lastRank);
    }
}
