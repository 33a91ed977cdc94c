using Mlp.Runtime.Predictions;
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
        var observer = new InService();
        await using var tenants = new TenantPlatform(limit: Loaded, configure: o => o.PoolSize = 1, observers: observer);
        await tenants.PublishAsync(Tenants);

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            for (var call = 0; call < TestRounds.Count * Tenants / Callers; call++)
            {
                // Some are called more often than others, as tenants are.
                var tenant = 1 + (int)(Tenants * Math.Pow(random.NextDouble(), 2));
                var score = call % 2 == 0 ? tenants[tenant].Predict([1]).Score : (await tenants[tenant].As<Input, Answer>().PredictAsync(new Input(1))).Score;
                Assert.Equal(1 / (1 + Math.Exp(-1)), score, 1e-6);
            }
        })));

        // What was taken out of service may still have its last call: one per caller at most.
        Assert.InRange(observer.Most, Loaded / 2, Loaded + Callers);
        Assert.InRange(tenants.LoadedCount, 1, Loaded);
    }

    private readonly record struct Input(float X);

    private readonly record struct Answer(double Score);

    /// <summary>Counts versions from before their first call to after their last.</summary>
    private sealed class InService : IPredictionObserver
    {
        private readonly Lock _gate = new();
        private int _count;

        public int Most { get; private set; }

        public IPredictionSink? Attach(ServedModel model)
        {
            lock (_gate)
            {
                Most = Math.Max(Most, ++_count);
            }

            return new Sink(this);
        }

        private void Detach()
        {
            lock (_gate)
            {
                _count--;
            }
        }

        private sealed class Sink(InService owner) : IPredictionSink, IDisposable
        {
            public void Record(in PredictionRecord record)
            {
            }

            public void Dispose() => owner.Detach();
        }
    }
}
