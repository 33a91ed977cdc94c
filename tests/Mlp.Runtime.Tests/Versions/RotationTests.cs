using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Versions;

/// <summary>Many models in one process, few of them loaded.</summary>
public sealed class RotationTests
{
    private const int Tenants = 200;
    private const int Loaded = 20;
    private const int Callers = 4;

    [Fact]
    public async Task Rotation_FromManyThreads_AnswersEveryCallAndKeepsTheLimit()
    {
        await using var tenants = new TenantPlatform(limit: Loaded, configure: o => o.PoolSize = 1);
        await tenants.PublishAsync(Tenants);
        var most = 0;

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            for (var call = 0; call < TestRounds.Count * Tenants / Callers; call++)
            {
                // Some are called more often than others, as tenants are.
                var tenant = 1 + (int)(Tenants * Math.Pow(random.NextDouble(), 2));
                var score = call % 2 == 0 ? tenants[tenant].Predict([1]).Score : (await tenants[tenant].As<Input, Answer>().PredictAsync(new Input(1))).Score;
                Assert.Equal(1 / (1 + Math.Exp(-1)), score, 1e-6);
                InterlockedMax(ref most, tenants.LoadedCount);
            }
        })));

        Assert.InRange(most, Loaded / 2, Loaded);
        Assert.InRange(tenants.LoadedCount, 1, Loaded);
    }

    private static void InterlockedMax(ref int location, int value)
    {
        for (var seen = Volatile.Read(ref location); value > seen;)
        {
            var found = Interlocked.CompareExchange(ref location, value, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }

    private readonly record struct Input(float X);

    private readonly record struct Answer(double Score);
}
