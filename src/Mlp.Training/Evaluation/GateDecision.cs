namespace Mlp.Training.Evaluation;

/// <summary>What the gate says of a challenger.</summary>
public enum GateDecision
{
    /// <summary>It is better than the champion.</summary>
    Promote,

    /// <summary>It is not better than the champion, which stays.</summary>
    Reject,

    /// <summary>There is no champion yet.</summary>
    FirstModel,

    /// <summary>The rows do not allow a verdict; the champion stays.</summary>
    Inconclusive,
}
