using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.DataParallel.Compression;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Distributed.DataParallel.Compression;

/// <summary>Gradients of several ranks that travel in 16 bits.</summary>
public sealed class NarrowingTransportTests
{
    private const int Length = 300;
    private static readonly GradientBucket[] Buckets = [new(200, 100, []), new(0, 200, [])];

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void End_ManySteps_AddsUpToTheSumsOfAllRanks(int worldSize, bool isBackground)
    {
        Check<Half>(1 / 2048.0);
        Check<BFloat16>(1 / 256.0);

        void Check<T>(double rounding)
            where T : unmanaged
        {
            const int Steps = 200;
            var (given, received) = (new double[worldSize][], new double[worldSize][]);
            ProcessGroup.RunInProcess(worldSize, group =>
            {
                var (random, gradients) = (new Random(group.Rank), new float[Length]);
                var state = new CompressionState(Length, typeof(T) == typeof(Half), keepsResiduals: true, canLeaveOut: false);
                using var transport = new NarrowingTransport<T>(group, gradients, Buckets, isBackground, state, null);
                (given[group.Rank], received[group.Rank]) = (new double[Length], new double[Length]);
                for (var step = 0; step < Steps; step++)
                {
                    for (var i = 0; i < Length; i++)
                    {
                        gradients[i] = (float)((random.NextDouble() - 0.3) * 1e-3);
                        given[group.Rank][i] += gradients[i];
                    }

                    Step(transport, state);
                    for (var i = 0; i < Length; i++)
                    {
                        received[group.Rank][i] += gradients[i];
                    }
                }
            });

            Assert.All(received, r => Assert.Equal(received[0], r));
            for (var i = 0; i < Length; i++)
            {
                // Each rank owes one rounding at the end; the sums are rounded once more in each step, up and down alike.
                var (sum, size) = (given.Sum(g => g[i]), worldSize * 1e-3 * rounding);
                Assert.Equal(sum, received[0][i], size * (1 + (0.7 * Math.Sqrt(Steps))));
            }
        }
    }

    [Fact]
    public void End_GradientsBeyondTheType_GoAlongLater()
    {
        ProcessGroup.RunInProcess(2, group =>
        {
            var (gradients, received) = (new float[Length], 0.0);
            var state = new CompressionState(Length, isScaled: true, keepsResiduals: true, canLeaveOut: false);
            using var transport = new NarrowingTransport<Half>(group, gradients, Buckets, false, state, null);
            for (var step = 0; step < 12; step++)
            {
                gradients.AsSpan().Fill(step == 0 ? 1e7f : 1);
                Step(transport, state);
                Assert.All(gradients, g => Assert.True(float.IsFinite(g)));
                received += gradients[0];
            }

            Assert.Equal(2 * (1e7 + 11), received, 1e4);
            Assert.InRange(Math.Abs(state.Residuals[0]), 0, 1e4);
        });
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void End_ValueThatIsNoNumberOnOneRank_ReachesAllAndLeavesNothingBehind(float value)
    {
        ProcessGroup.RunInProcess(2, group =>
        {
            var gradients = new float[Length];
            var state = new CompressionState(Length, isScaled: true, keepsResiduals: true, canLeaveOut: true);
            using var transport = new NarrowingTransport<Half>(group, gradients, Buckets, true, state, new GradientScaler());
            gradients.AsSpan().Fill(1 / 3f);
            Step(transport, state);
            var (residuals, exponent) = ((float[])state.Residuals.Clone(), state.Exponent);
            gradients.AsSpan().Fill(1 / 7f);
            gradients[250] = group.Rank == 0 ? value : 1;
            Step(transport, state);

            Assert.False(float.IsFinite(gradients[250]));
            Assert.Equal(residuals, state.Residuals);
            Assert.Equal(exponent, state.Exponent);
            Assert.Contains(residuals, r => r != 0);

            // A step that is left out for its loss leaves nothing behind either.
            gradients.AsSpan().Fill(1 / 7f);
            Step(transport, state, isLeftOut: true);
            Assert.Equal(residuals, state.Residuals);
        });
    }

    [Fact]
    public void Send_LossScale_DoesNotChangeWhatIsSent()
    {
        ProcessGroup.RunInProcess(2, group =>
        {
            var sums = new List<float[]>();
            foreach (var loss in new[] { 1.0, 65536 })
            {
                var (scaler, random, gradients) = (new GradientScaler { Scale = loss }, new Random(group.Rank), new float[Length]);
                var state = new CompressionState(Length, isScaled: true, keepsResiduals: true, canLeaveOut: true);
                using var transport = new NarrowingTransport<Half>(group, gradients, Buckets, false, state, scaler);
                for (var step = 0; step < 5; step++)
                {
                    for (var i = 0; i < Length; i++)
                    {
                        gradients[i] = (float)((float)(random.NextDouble() - 0.3) * 1e-3f * scaler.Scale);
                    }

                    Step(transport, state);
                    sums.Add([.. gradients.Select(g => (float)(g / scaler.Scale))]);

                    // As after an overflow: what was kept is worth the same under another scale.
                    scaler.Scale = step == 2 ? scaler.Scale / 2 : scaler.Scale;
                }
            }

            for (var step = 0; step < 5; step++)
            {
                Assert.Equal(sums[step], sums[step + 5]);
            }
        });
    }

    [Fact]
    public void Step_InTheForeground_AllocatesNothing()
    {
        var allocated = new long[2];

        ProcessGroup.RunInProcess(2, group =>
        {
            var gradients = new float[Length];
            var state = new CompressionState(Length, isScaled: true, keepsResiduals: true, canLeaveOut: false);
            using var transport = new NarrowingTransport<Half>(group, gradients, Buckets, false, state, null);

            // A rank that sleeps for a late one may have the runtime allocate.
            for (var round = 0; round < Allocations.MaximumRuns; round++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                Step(transport, state);
                var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
                allocated[group.Rank] = round == 0 ? bytes : Math.Min(allocated[group.Rank], bytes);
            }
        });

        Assert.Equal([0, 0], allocated);
    }

    private static void Step(IGradientTransport transport, CompressionState state, bool isLeftOut = false)
    {
        Span<double> totals = [1.0];
        transport.Begin(totals);
        transport.Send(0);
        transport.Send(1);
        transport.End(totals);
        state.EndStep(isLeftOut);
    }
}
