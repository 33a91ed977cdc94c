using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Networks;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>Gradients that are combined by how far they point the same way, against the formula in double.</summary>
public sealed class AdasumTransportTests
{
    private const int Length = 112;
    private static readonly int[] Offsets = [0, 48, 64];
    private static readonly GradientBucket[] Buckets = [new(64, 48, [2]), new(0, 64, [1, 0])];

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void End_RandomGradients_IsTheFormula(int worldSize)
    {
        var given = Enumerable.Range(0, worldSize).Select(rank => Values(rank)).ToArray();
        var found = Run(given);
        var expected = new double[Length];
        foreach (var (start, end) in new[] { (0, 48), (48, 64), (64, Length) })
        {
            var layer = given.Select(g => g[start..end].Select(v => (double)v * worldSize).ToArray()).ToList();
            while (layer.Count > 1)
            {
                layer = [.. layer.Chunk(2).Select(pair => pair.Length == 1 ? pair[0] : Combine(pair[0], pair[1]))];
            }

            layer[0].CopyTo(expected, start);
        }

        Assert.All(found, f => Assert.Equal(found[0], f));
        Assert.All(expected.Zip(found[0]), p => Assert.Equal(p.First, p.Second, 1e-4));
    }

    [Fact]
    public void End_EqualGradients_AreTheirSum()
    {
        // A rank's gradients are its share of the mean, so four times them is what each would step by alone.
        var found = Run([.. Enumerable.Range(0, 4).Select(_ => Values(1))]);

        Assert.All(Values(1).Zip(found[0]), p => Assert.Equal(4 * p.First, p.Second, 1e-4f));
    }

    [Fact]
    public void End_OrthogonalOrNoGradients_AddUp()
    {
        float[] one = [.. Enumerable.Range(0, Length).Select(i => i % 2 == 0 ? 1f : 0)], other = [.. Enumerable.Range(0, Length).Select(i => i % 2 == 0 ? 0 : 3f)];

        Assert.All(one.Zip(other, Run([one, other])[0]), p => Assert.Equal(2 * (p.First + p.Second), p.Third, 1e-5f));
        Assert.All(one.Zip(Run([one, new float[Length]])[0]), p => Assert.Equal(2 * p.First, p.Second, 1e-5f));
    }

    [Fact]
    public void End_ValueThatIsNoNumber_ReachesAll()
    {
        var bad = Values(1);
        bad[70] = float.NaN;

        Assert.All(Run([Values(0), bad, Values(2)]), f => Assert.True(float.IsNaN(f[70])));
    }

    [Fact]
    public void FitAsync_Group_LearnsAndAllRanksHaveTheSameWeights()
    {
        var (rows, found, losses) = (SyntheticRows.Create(600, seed: 3), new SortedDictionary<string, float[]>[3], new double[2]);
        foreach (var adasum in new[] { false, true })
        {
            ProcessGroup.RunInProcess(3, group =>
            {
                var options = new NetworkOptions { HiddenLayers = [16], BatchSize = 20, MaxEpochs = 10, Seed = 7, LearningRate = 0.005 };
                (options.DataParallel.Group, options.DataParallel.Adasum) = (group, adasum);
                using var network = new NetworkTrainer(options).FitAsync(rows).GetAwaiter().GetResult();
                found[group.Rank] = WeightsOf(network);
                losses[adasum ? 1 : 0] = network.History.Min(h => h.ValidationLoss!.Value);
            });
            Assert.All(found, f => Assert.Equal(0, Distance(found[0], f)));
        }

        Assert.Equal(losses[0], losses[1], 0.05);
    }

    [Fact]
    public void NetworkTrainer_WhatDoesNotGoWithIt_IsRefused()
    {
        var options = new NetworkOptions();
        (options.DataParallel.Replicas, options.DataParallel.Adasum, options.DataParallel.LocalSteps) = (2, true, 3);

        var message = Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message;

        Assert.Contains("NetworkOptions.DataParallel.Adasum must be false for replicas in this process, whose gradients do not travel.", message, StringComparison.Ordinal);
        Assert.Contains("NetworkOptions.DataParallel.Adasum must be false with LocalSteps, which goes with sums.", message, StringComparison.Ordinal);
    }

    private static double[] Combine(double[] a, double[] b)
    {
        double Dot(double[] x, double[] y) => x.Zip(y, (p, q) => p * q).Sum();
        return [.. a.Zip(b, (x, y) => ((1 - (Dot(a, b) / (2 * Dot(a, a)))) * x) + ((1 - (Dot(a, b) / (2 * Dot(b, b)))) * y))];
    }

    private static float[][] Run(float[][] given)
    {
        var found = new float[given.Length][];
        ProcessGroup.RunInProcess(given.Length, group =>
        {
            var gradients = (float[])given[group.Rank].Clone();
            using var transport = new AdasumTransport(group, gradients, Buckets, Offsets);
            Span<double> totals = [group.Rank];
            transport.Begin(totals);
            transport.Send(0);
            transport.Send(1);
            transport.End(totals);
            Assert.Equal(given.Length * (given.Length - 1) / 2, totals[0]);
            found[group.Rank] = gradients;
        });
        return found;
    }

    private static float[] Values(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Length).Select(_ => (float)(random.NextDouble() - 0.3))];
    }
}
