namespace Mlp.Runtime.Predictions;

/// <summary>The request of a call, kept until its prediction was recorded. A slot uses one object for all its calls of a type, so that keeping a request allocates nothing. Not thread-safe.</summary>
internal abstract class KeptRequest
{
    /// <summary>Whether there is a request now.</summary>
    public bool IsSet { get; private protected set; }

    /// <summary>Lets go of it.</summary>
    public abstract void Clear();
}
