using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Inference;

/// <summary>What the caller of a cancelled call is told: which model, and whether the call waited or ran.</summary>
internal static class CallCancellation
{
    /// <summary>Ends a call whose token has been cancelled.</summary>
    /// <param name="stage">What the call is doing.</param>
    /// <param name="token">The token to look at.</param>
    /// <exception cref="StageCancelledException">The token has been cancelled.</exception>
    public static void ThrowIfRequested(CallStage stage, CancellationToken token)
    {
        if (token.IsCancellationRequested)
        {
            Throw(stage, token);
        }
    }

    /// <summary>Ends a call whose token has been cancelled, with the sentence for its caller.</summary>
    /// <param name="where">The model and its version.</param>
    /// <param name="stage">What the call is doing.</param>
    /// <param name="token">The caller's token.</param>
    /// <exception cref="OperationCanceledException">The token has been cancelled.</exception>
    public static void ThrowIfCancelled(string where, CallStage stage, CancellationToken token)
    {
        if (token.IsCancellationRequested)
        {
            throw Explain(where, new StageCancelledException(stage, token), token);
        }
    }

    /// <summary>Makes the exception for the caller.</summary>
    /// <param name="where">The model and its version.</param>
    /// <param name="cancelled">What was thrown; one that has been explained before is returned as it is.</param>
    /// <param name="token">The caller's token, which has been cancelled.</param>
    /// <param name="stage">What the call was doing, if the exception does not say.</param>
    public static OperationCanceledException Explain(string where, OperationCanceledException cancelled, CancellationToken token, CallStage stage = CallStage.Features)
        => cancelled.InnerException is OperationCanceledException
            ? cancelled
            : new OperationCanceledException($"The call of {where} was cancelled {Text((cancelled as StageCancelledException)?.Stage ?? stage)}.", cancelled, token);

    /// <summary>A failure as a task, which counts as cancelled and keeps the sentence where the failure is a cancellation.</summary>
    /// <typeparam name="TResult">The answer that there is not.</typeparam>
    /// <param name="failure">The failure.</param>
    public static ValueTask<TResult> ToTask<TResult>(Exception failure)
    {
        var builder = AsyncValueTaskMethodBuilder<TResult>.Create();
        var task = builder.Task;
        builder.SetException(failure);
        return task;
    }

    /// <summary>By itself, so that the look at the token is inlined.</summary>
    private static void Throw(CallStage stage, CancellationToken token) => throw new StageCancelledException(stage, token);

    private static string Text(CallStage stage) => stage switch
    {
        CallStage.Load => "while it waited for the model to be loaded",
        CallStage.Slot => "while it waited for a free slot",
        CallStage.Start => "before its run began",
        CallStage.Batch => "while it waited for a run that it shares with others",
        CallStage.Run => "while it ran",
        _ => "while its features were read",
    };
}
