namespace Mlp.Runtime.Inference;

/// <summary>A token has ended a call. It never reaches a caller: <see cref="CallCancellation"/> makes a sentence of it that names the model.</summary>
internal sealed class StageCancelledException(CallStage stage, CancellationToken token) : OperationCanceledException(token)
{
    /// <summary>What the call was doing.</summary>
    public CallStage Stage => stage;
}
