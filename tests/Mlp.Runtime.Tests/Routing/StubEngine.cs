using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Tests.Inference;

namespace Mlp.Runtime.Tests.Routing;

/// <summary>An engine that does what the test says and answers 0: fails, takes its time, or waits.</summary>
internal sealed class StubEngine() : ExecutionSession(null, AcceleratorChoice.Cpu)
{
    /// <summary>What a run does.</summary>
    public Action<int> OnRun { get; set; } = static _ => { };

    /// <summary>A version of one float32 feature on an engine.</summary>
    public static ServingVersion Serve(StubEngine engine, int version, string variant, PredictionClock clock, params IPredictionObserver[] observers)
    {
        var manifest = new ModelManifest
        {
            Name = TestPlatform.ModelName,
            Version = version,
            CreatedAt = default,
            OnnxSha256 = new string('0', 64),
            OnnxByteCount = 1,
            Signature = new ModelSignature([new("x", TensorElementKind.Float32, [-1, 1])], [new("p", TensorElementKind.Float32, [-1, 1])]),
            Output = TestPlatform.Binary(),
        };
        var settings = ModelSettings.From(manifest.Name, new ModelOptions { PoolSize = 2 });
        var inputs = InputPlan.ForSignature(manifest);
        var outputs = new OutputPlans(new OutputPlan("p", TensorElementType.Float, 2, 1, IsAsDeclared: true), []);
        var served = new ServedModel(manifest, variant, [], inputs.Layout);
        return new ServingVersion(served, engine, inputs, outputs, null, new PredictionRecorder(served, observers, NullLogger.Instance), clock, settings)
        {
            Nulls = NullRules.Create(manifest, inputs, settings.Nulls),
        };
    }

    public override BoundShape Bind(InputBuffer[] inputs, OutputBuffer[] outputs, int rowCount) => new Shape(this, rowCount);

    private sealed class Shape(StubEngine engine, int rowCount) : BoundShape(rowCount)
    {
        public override void Run(RunOptions options) => engine.OnRun(RowCount);

        public override void Dispose()
        {
        }
    }
}
