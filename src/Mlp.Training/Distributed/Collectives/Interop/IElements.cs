using System.Runtime.Intrinsics;

namespace Mlp.Training.Distributed.Collectives.Interop;

/// <summary>How values in memory become values to reckon with, and back.</summary>
/// <typeparam name="TWork">What is reckoned with.</typeparam>
internal unsafe interface IElements<TWork>
    where TWork : unmanaged
{
    /// <summary>Bytes of a value in memory.</summary>
    static abstract int Size { get; }

    /// <summary>Reads a vector of values.</summary>
    static abstract Vector512<TWork> Load(byte* address);

    /// <summary>Writes a vector of values.</summary>
    static abstract void Store(byte* address, Vector512<TWork> values);

    /// <summary>Writes a vector of values that <see cref="Store"/> has written elsewhere, without making them anew.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="stored">Where they were written.</param>
    /// <param name="values">The values.</param>
    static abstract void StoreAgain(byte* address, byte* stored, Vector512<TWork> values);

    /// <summary>Reads one value.</summary>
    static abstract TWork LoadOne(byte* address);

    /// <summary>Writes one value.</summary>
    static abstract void StoreOne(byte* address, TWork value);
}
