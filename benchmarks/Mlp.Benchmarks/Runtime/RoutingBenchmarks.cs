using BenchmarkDotNet.Attributes;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Routing;

namespace Mlp.Benchmarks.Runtime;

/// <summary>
/// What a route costs the caller of one prediction: the champion alone is the baseline; then a challenger with a tenth of the calls, and a shadow of the same feature service that sees every call. The
/// shadow's own work takes place on another thread and shows only where the processor is short. The hash alone stands beside them. Bytes are those of all threads: what stands there comes from watchers and from the shadow's worker, and
/// <c>RoutingAllocationTests</c> holds the caller's at 0.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(ShortIterations))]
public class RoutingBenchmarks
{
    private static readonly EntityValue[] Key = ["Flash Cab", 8L];

    private readonly StickyHash _hash = new("benchmark");
    private readonly float[] _features = new float[32];
    private ServedModelFixture _alone = null!;
    private ServedModelFixture _split = null!;
    private ServedModelFixture _shadowed = null!;
    private IModel _aloneModel = null!;
    private IModel _splitModel = null!;
    private IModel _shadowedModel = null!;
    private long _area;

    private readonly record struct Keys(string Company, long Area);

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        var onnx = DenseModel.Create("32-64-64-1");
        _alone = await ServedModelFixture.CreateRoutedAsync(onnx, 32, static _ => { });
        _split = await ServedModelFixture.CreateRoutedAsync(onnx, 32, static o => o.WithChallenger("challenger", share: 0.1));
        _shadowed = await ServedModelFixture.CreateRoutedAsync(onnx, 32, static o => o.WithShadow("candidate"));
        (_aloneModel, _splitModel, _shadowedModel) = (_alone.Model, _split.Model, _shadowed.Model);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _alone.DisposeAsync();
        await _split.DisposeAsync();
        await _shadowed.DisposeAsync();
    }

    [Benchmark(Baseline = true, Description = "keys, champion alone")]
    public ValueTask<double> AloneAsync() => AskAsync(_aloneModel);

    [Benchmark(Description = "keys, 90/10 split")]
    public ValueTask<double> SplitAsync() => AskAsync(_splitModel);

    [Benchmark(Description = "keys, same-service shadow")]
    public ValueTask<double> ShadowedAsync() => AskAsync(_shadowedModel);

    [Benchmark(Description = "span, champion alone")]
    public double AloneSpan() => _aloneModel.Predict(_features).Score;

    [Benchmark(Description = "span, 90/10 split")]
    public double SplitSpan() => _splitModel.Predict(_features).Score;

    [Benchmark(Description = "span, same-service shadow")]
    public double ShadowedSpan() => _shadowedModel.Predict(_features).Score;

    [Benchmark(Description = "hash of a key of two parts")]
    public int Hash() => _hash.BucketOf(Key);

    private async ValueTask<double> AskAsync(IModel model) => (await model.PredictAsync(new Keys("Flash Cab", ++_area & 1023))).Score;
}
