using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.DataParallel.Compression;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Distributed.DataParallel.Compression;

/// <summary>The largest gradients of several ranks.</summary>
public sealed class TopKTransportTests
{
    private const int Length = 300;
    private static readonly GradientBucket[] Buckets = [new(200, 100, []), new(0, 200, [])];

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void End_ManySteps_WhatIsReceivedAndOwedIsTheSumOfAllRanks(int worldSize, bool isBackground)
    {
        var (given, received, owed) = (new double[worldSize][], new double[worldSize][], new float[worldSize][]);
        ProcessGroup.RunInProcess(worldSize, group =>
        {
            var (random, gradients) = (new Random(group.Rank), new float[Length]);
            var state = new CompressionState(Length, isScaled: false, keepsResiduals: true, canLeaveOut: true);
            using var transport = new TopKTransport(group, gradients, Buckets, isBackground, state, new GradientScaler { Scale = 8 }, 0.1);
            (given[group.Rank], received[group.Rank]) = (new double[Length], new double[Length]);
            for (var step = 0; step < 60; step++)
            {
                for (var i = 0; i < Length; i++)
                {
                    gradients[i] = (float)(random.NextDouble() - 0.3) * 8;
                    given[group.Rank][i] += gradients[i] / 8;
                }

                Step(transport, state);
                Assert.InRange(gradients.Count(g => g != 0), 10, worldSize * 30);
                for (var i = 0; i < Length; i++)
                {
                    received[group.Rank][i] += gradients[i] / 8;
                }
            }

            owed[group.Rank] = state.Residuals;
        });

        Assert.All(received, r => Assert.Equal(received[0], r));
        for (var i = 0; i < Length; i++)
        {
            Assert.Equal(given.Sum(g => g[i]), received[0][i] + owed.Sum(o => o[i]), 1e-3);

            // Whatever is owed grows until it is the largest, so nothing waits for ever.
            Assert.All(owed, o => Assert.InRange(Math.Abs(o[i]), 0, 12));
        }
    }

    [Fact]
    public void End_ValueThatIsNoNumber_ReachesAllAndLeavesNothingBehind()
        => ProcessGroup.RunInProcess(2, group =>
        {
            var gradients = Enumerable.Range(0, Length).Select(i => (float)i).ToArray();
            var state = new CompressionState(Length, isScaled: false, keepsResiduals: true, canLeaveOut: true);
            using var transport = new TopKTransport(group, gradients, Buckets, true, state, new GradientScaler(), 0.01);
            Step(transport, state);
            var before = (float[])state.Residuals.Clone();
            gradients[7] = group.Rank == 1 ? float.NaN : 0;
            Step(transport, state);

            Assert.True(float.IsNaN(gradients[7]));
            Assert.Equal(before, state.Residuals);
        });

    private static void Step(TopKTransport transport, CompressionState state)
    {
        Span<double> totals = [1.0];
        transport.Begin(totals);
        transport.Send(0);
        transport.Send(1);
        transport.End(totals);
        state.EndStep(isLeftOut: false);
    }
}
