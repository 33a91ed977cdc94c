using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlp.Runtime.Data;

/// <summary>
/// Memory that stays where it is and begins at a cache line, so that whole vectors are read and written without crossing one: writing columns into rows takes half the time then.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct AlignedMemory<T>
    where T : unmanaged
{
    private const int CacheLineBytes = 64;

    private readonly T[] _array;
    private readonly int _first;

    /// <summary>Allocates elements that are zero.</summary>
    /// <param name="length">Number of elements.</param>
    public AlignedMemory(int length)
    {
        var elementBytes = Unsafe.SizeOf<T>();
        Length = length;
        _array = GC.AllocateArray<T>(checked(length + (CacheLineBytes / elementBytes)), pinned: true);
        var beyondLine = (int)((nuint)Marshal.UnsafeAddrOfPinnedArrayElement(_array, 0) % CacheLineBytes);
        _first = beyondLine == 0 ? 0 : (CacheLineBytes - beyondLine) / elementBytes;
    }

    /// <summary>Number of elements.</summary>
    public int Length { get; }

    /// <summary>All of it.</summary>
    public Memory<T> Memory => _array.AsMemory(_first, Length);

    /// <summary>The first elements.</summary>
    /// <param name="length">How many, 0 to <see cref="Length"/>.</param>
    public Span<T> First(int length) => _array.AsSpan(_first, length);

    /// <summary>Elements in between.</summary>
    /// <param name="start">The first one.</param>
    /// <param name="length">How many.</param>
    public Span<T> Slice(int start, int length) => _array.AsSpan(_first + start, length);
}
