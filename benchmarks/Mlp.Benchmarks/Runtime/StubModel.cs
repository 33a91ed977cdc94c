using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Versions;

namespace Mlp.Benchmarks.Runtime;

/// <summary>A served version whose engine does nothing, so that a call costs what the call path costs.</summary>
internal sealed class StubModel
{
    /// <summary>Puts it into service.</summary>
    /// <param name="manifest">A version to look like.</param>
    /// <param name="featureCount">Features of float32.</param>
    public StubModel(ModelManifest manifest, int featureCount)
    {
        var clock = new PredictionClock(TimeProvider.System);
        var settings = ModelSettings.From(manifest.Name, new ModelOptions());
        var inputs = InputPlan.ForSignature(manifest);
        var served = new ServedModel(manifest, settings.Variant, [], inputs.Layout);
        var outputs = new OutputPlans(new OutputPlan(manifest.Output.ScoreOutput, TensorElementType.Float, 2, 1, IsAsDeclared: true), []);
        var recorder = new PredictionRecorder(served, [new Observer()], NullLogger.Instance);
        var model = new Model(settings, new ServingTarget(settings.Name, settings.Selector), clock)
        {
            OpenVersion = static (_, _) => throw new NotSupportedException("A stub has one version."),
            Files = new FileScorings(settings.Name),
            ViewOf = static _ => throw new NotSupportedException("A stub has one version."),
        };
        model.Target.Publish(new ServingVersion(served, new StubSession(), inputs, outputs, null, recorder, clock, settings) { Nulls = NullRules.Create(manifest, inputs, settings.Nulls) });
        Model = model;
        if (inputs.Layout.Columns.Count != featureCount)
        {
            throw new InvalidOperationException($"Expected {featureCount} features, but found {inputs.Layout.Columns.Count}.");
        }
    }

    /// <summary>The model.</summary>
    public IModel Model { get; }

    private sealed class StubSession() : ExecutionSession(null, AcceleratorChoice.Cpu)
    {
        public override BoundShape Bind(InputBuffer[] inputs, OutputBuffer[] outputs, int rowCount) => new StubShape(rowCount);
    }

    private sealed class StubShape(int rowCount) : BoundShape(rowCount)
    {
        public override void Run(RunOptions options)
        {
        }

        public override void Dispose()
        {
        }
    }

    private sealed class Observer : IPredictionObserver, IPredictionSink
    {
        private long _count;

        public IPredictionSink? Attach(ServedModel model) => this;

        public void Record(in PredictionRecord record) => _count += record.Scores.Length;
    }
}
