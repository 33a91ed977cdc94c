using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Kernels;

/// <summary>
/// The values of a kernel for one tile of rows: its inputs and its output are the memory of a slot, what is in between lies in arrays of its own. Not thread-safe.
/// </summary>
internal sealed class KernelMemory
{
    /// <summary>Rows that are computed together: what lies between two steps stays in the nearest cache.</summary>
    public const int TileRows = 64;

    private readonly Home[] _places;

    /// <summary>Allocates what lies between inputs and output.</summary>
    /// <param name="program">The kernel.</param>
    /// <param name="rowCount">Greatest number of rows of a run.</param>
    public KernelMemory(KernelProgram program, int rowCount)
    {
        var rows = Math.Min(rowCount, TileRows);
        _places = new Home[program.Values.Count];
        foreach (var value in program.Values)
        {
            if (!program.IsExternal(value))
            {
                _places[value.Index] = new Home(Allocate(value.Element, value.Width * rows), 0, 0);
            }
        }

        Keys = program.KeyCount == 0 ? [] : new int[program.KeyCount];
        Sums = program.SumCount == 0 ? [] : new float[program.SumCount];
        WideSums = program.WideSumCount == 0 ? [] : new double[program.WideSumCount];
    }

    /// <summary>First row of the tile.</summary>
    public int FirstRow { get; private set; }

    /// <summary>Rows of the tile.</summary>
    public int RowCount { get; private set; }

    /// <summary>
    /// Whether a sum had terms so large that its order decides more than its last bits: another order may leave the range of the numbers where this one did not. Whoever runs the kernel clears it first.
    /// </summary>
    public bool IsBeyondRange { get; set; }

    /// <summary>Room for the rows of a tile in the form that trees compare.</summary>
    public int[] Keys { get; }

    /// <summary>Room for the sums of trees in float32.</summary>
    public float[] Sums { get; }

    /// <summary>Room for the sums of trees in float64.</summary>
    public double[] WideSums { get; }

    /// <summary>Puts a value where it lies in a slot, for all rows.</summary>
    /// <param name="value">An input or the output.</param>
    /// <param name="array">Its memory, row-major.</param>
    /// <param name="offset">The first element of row 0.</param>
    public void Place(KernelValue value, Array array, int offset) => _places[value.Index] = new Home(array, offset, value.Width);

    /// <summary>Goes to a tile.</summary>
    /// <param name="firstRow">Its first row.</param>
    /// <param name="rowCount">Its rows, at most <see cref="TileRows"/>.</param>
    public void MoveTo(int firstRow, int rowCount) => (FirstRow, RowCount) = (firstRow, rowCount);

    /// <summary>The rows of a value, row-major.</summary>
    /// <typeparam name="T">Its element type: float, double, long, or byte for truth values and statuses.</typeparam>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<T> Of<T>(KernelValue value)
    {
        ref readonly var place = ref _places[value.Index];
        return Unsafe.As<T[]>(place.Array).AsSpan(place.Offset + (FirstRow * place.Stride), RowCount * value.Width);
    }

    private static Array Allocate(KernelElement element, int length) => element switch
    {
        KernelElement.Float32 => new float[length],
        KernelElement.Float64 => new double[length],
        KernelElement.Int64 => new long[length],
        _ => new byte[length],
    };

    private readonly record struct Home(Array Array, int Offset, int Stride);
}
