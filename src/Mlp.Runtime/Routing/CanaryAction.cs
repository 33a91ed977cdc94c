namespace Mlp.Runtime.Routing;

/// <summary>What is to be done with a canary.</summary>
internal enum CanaryAction
{
    /// <summary>Nothing: the step goes on.</summary>
    Hold,

    /// <summary>The next step begins.</summary>
    Advance,

    /// <summary>It becomes the champion.</summary>
    Promote,

    /// <summary>It gets no calls any more.</summary>
    Abort,
}
