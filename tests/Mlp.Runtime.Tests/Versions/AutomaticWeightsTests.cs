using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Versions;

public sealed class AutomaticWeightsTests
{
    private const int Width = 4096;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    private readonly float[] _features = new float[Width];

    public AutomaticWeightsTests() => _features[0] = 1;

    [Fact]
    public async Task Automatic_RarelyCalled_StaysMapped()
    {
        await using var fixture = new Fixture(o => o.WithAutomaticWeights());
        await fixture.OpenAsync(1);
        Assert.Equal((WeightStorage.Mapped, Width * sizeof(float)), (fixture.Description.Weights, fixture.Description.MappedByteCount));

        for (var i = 0; i < 20; i++)
        {
            fixture.Platform.Model.Predict(_features);
            fixture.Time.Advance(TimeSpan.FromSeconds(60));
            await Task.Delay(2);
        }

        Assert.Equal(WeightStorage.Mapped, fixture.Description.Weights);
        Assert.Equal([(1, WeightStorage.Automatic)], fixture.Registry.Opened);
    }

    [Fact]
    public async Task Automatic_OftenCalled_BecomesResidentAndIsMappedAgainWhenIdle()
    {
        await using var fixture = new Fixture(o =>
        {
            o.WithAutomaticWeights();
            o.MapWeightsAfter = TimeSpan.FromSeconds(10);
        });
        await fixture.OpenAsync(1);
        var model = fixture.Platform.Model;

        await fixture.AdvanceUntilAsync(WeightStorage.Resident, () =>
        {
            for (var i = 0; i < 2_000; i++)
            {
                Assert.Equal(1 / (1 + Math.Exp(-1)), model.Predict(_features).Score, 1e-6);
            }
        });
        await fixture.AdvanceUntilAsync(WeightStorage.Mapped, () => { });

        Assert.Equal(1 / (1 + Math.Exp(-1)), model.Predict(_features).Score, 1e-6);
        Assert.Equal([(1, WeightStorage.Automatic), (1, WeightStorage.Resident), (1, WeightStorage.Mapped)], fixture.Registry.Opened);
    }

    [Fact]
    public async Task IdleWeights_Mapped_RollsBackToThemAndMakesThemResidentAfterwards()
    {
        await using var fixture = new Fixture(o => o.IdleWeights = WeightStorage.Mapped);
        await fixture.OpenAsync(2);
        await fixture.Platform.MoveAsync(1);
        await fixture.WaitAsync(() => fixture.Registry.Opened.Contains((2, WeightStorage.Mapped)));

        await fixture.Platform.MoveAsync(2);
        await fixture.WaitAsync(() => fixture.Description.Version == 2);
        await fixture.AdvanceUntilAsync(WeightStorage.Resident, () => { });

        Assert.Equal(1 / (1 + Math.Exp(-2)), fixture.Platform.Model.Predict(_features).Score, 1e-6);
    }

    [Fact]
    public async Task Automatic_WeightsCannotBeMoved_GoesOnWithThem()
    {
        await using var fixture = new Fixture(o => o.WithAutomaticWeights());
        await fixture.OpenAsync(1);
        fixture.Registry.Failure = new IOException("The disk is away.");
        var model = fixture.Platform.Model;

        for (var i = 0; i < 50_000 && fixture.Registry.Opened.Count < 2; i++)
        {
            for (var call = 0; call < 2_000; call++)
            {
                model.Predict(_features);
            }

            fixture.Time.Advance(Poll);
            await Task.Delay(2);
        }

        Assert.Equal((1, WeightStorage.Resident), fixture.Registry.Opened.Last());
        Assert.Equal((WeightStorage.Mapped, 1), (fixture.Description.Weights, model.Predict(_features).ModelVersion));
        Assert.Equal(ModelState.Ready, model.State);
    }

    [Fact]
    public void IdleWeights_Automatic_IsRefused()
    {
        var platform = new TestPlatform();
        platform.AddModel(ModelName, o => o.IdleWeights = WeightStorage.Automatic);

        Assert.Contains(
            $"MlPlatform:Models:{ModelName}:IdleWeights must be Resident or Mapped or empty, but is Automatic.",
            Assert.Throws<OptionsValidationException>(() => platform.Catalog).Message,
            StringComparison.Ordinal);
    }

    private sealed class Fixture : IAsyncDisposable
    {
        public Fixture(Action<ModelOptions> configure)
        {
            Platform = new TestPlatform(Time);
            Registry = new WatchedRegistry(Platform.Registry);
            Platform.Services.AddSingleton<IModelRegistry>(Registry);
            Platform.AddModel(ModelName, configure);
        }

        public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddYears(56));

        public TestPlatform Platform { get; }

        public WatchedRegistry Registry { get; }

        public ModelDescription Description => Platform.Model.Description!;

        /// <summary>Version v has weights of v for the first feature, enough of them to be mapped.</summary>
        public async Task OpenAsync(int versions)
        {
            for (var version = 1; version <= versions; version++)
            {
                await Platform.PublishAsync(Package(TestGraphs.Logistic([version, .. new float[Width - 1]]), Binary()));
            }

            await Platform.Catalog.OpenAsync(CancellationToken.None);
        }

        public Task AdvanceUntilAsync(WeightStorage wanted, Action between) => WaitAsync(() =>
        {
            between();
            Time.Advance(Poll);
            return Description.Weights == wanted;
        });

        public async Task WaitAsync(Func<bool> isDone)
        {
            for (var i = 0; i < 50_000; i++)
            {
                if (isDone())
                {
                    return;
                }

                await Task.Delay(2);
            }

            Assert.Fail("What is waited for has not come.");
        }

        public ValueTask DisposeAsync() => Platform.DisposeAsync();
    }
}
