using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Inference;

/// <summary>Calls by named inputs and outputs. They count among the requests of the model; observers do not hear of them, for there is no score and there are no features. Thread-safe.</summary>
internal sealed class TensorPredictor(ServingVersion version, PredictionClock clock)
{
    /// <summary>The inputs and outputs.</summary>
    public TensorCallPlan Plan { get; } = new(version.Manifest);

    /// <summary>Runs the model and gives the slot back.</summary>
    /// <param name="slot">A rented slot.</param>
    /// <param name="call">The call.</param>
    /// <param name="inputs">Inputs that the plan has checked.</param>
    /// <param name="outputs">Receives the answers.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public void Run(TensorSlot slot, in CallContext call, ModelInputs inputs, ModelOutputs outputs, CancellationToken cancellationToken)
    {
        var outcome = PredictionOutcome.Ok;
        Exception? explained = null;
        try
        {
            slot.Run(inputs, outputs, version.Start(slot.Deadline, call, cancellationToken));
        }
        catch (Exception e)
        {
            var failure = version.Explain(e, call, version.Tensors.Size, cancellationToken);
            explained = failure;
            outcome = ServingVersion.OutcomeOf(failure);
            Predictor.Rethrow(e, failure);
        }
        finally
        {
            version.Tensors.Return(slot);
            var latency = clock.NanosecondsBetween(call.Started, clock.GetTimestamp());
            version.Recorder.Count(outcome, 1, latency);
            PredictionSpan.Start(version, call, 1, outcome, latency, explained).Dispose();
        }
    }
}
