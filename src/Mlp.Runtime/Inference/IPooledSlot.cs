namespace Mlp.Runtime.Inference;

/// <summary>Something that calls take turns with.</summary>
internal interface IPooledSlot : IDisposable
{
    /// <summary>Position in the pool.</summary>
    int Index { get; set; }

    /// <summary>Called when a call gives the slot back.</summary>
    /// <returns>Rows that the call has run.</returns>
    int EndCall();
}
