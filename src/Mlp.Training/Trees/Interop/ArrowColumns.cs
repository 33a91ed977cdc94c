using System.Buffers;
using System.Runtime.InteropServices;

namespace Mlp.Training.Trees.Interop;

/// <summary>
/// Columns that are handed to a native library by the Arrow C data interface while they stay where they are: the memory is pinned for the time of a call, and nobody has to release
/// anything afterwards. Not thread-safe.
/// </summary>
internal sealed unsafe class ArrowColumns(int rowCount)
{
    /// <summary>Each takes some frames of the stack while it is pinned; columns beyond are copied.</summary>
    private const int MaximumSpans = 256;

    private readonly List<Column> _columns = [];
    private int _spanCount;

    private delegate void Pinned(nint address);

    /// <summary>Adds a column of float32, float64, int32 or int64.</summary>
    /// <param name="values">One per row.</param>
    /// <param name="validity">A bit per row, lowest first; 0 where there is no value. Null if there is one in each row.</param>
    public void Add<T>(ReadOnlyMemory<T> values, byte[]? validity = null)
        where T : unmanaged
        => _columns.Add(new Column(Format<T>(), validity, values.Pin, null));

    /// <summary>Adds a column whose memory is found anew for each call.</summary>
    /// <param name="find">Gives the values, one per row.</param>
    /// <param name="first">The first of them that counts.</param>
    /// <param name="validity">As for <see cref="Add{T}(ReadOnlyMemory{T}, byte[])"/>.</param>
    public void Add<T>(SpanSource<T> find, int first, byte[]? validity = null)
        where T : unmanaged
    {
        if (_spanCount++ >= MaximumSpans)
        {
            Add<T>(find().Slice(first, rowCount).ToArray(), validity);
            return;
        }

        _columns.Add(new Column(Format<T>(), validity, null, use =>
        {
            fixed (T* address = find()[first..])
            {
                use((nint)address);
            }
        }));
    }

    /// <summary>Hands the columns over as one record batch for the time of a call.</summary>
    /// <param name="use">Takes the addresses of the array and of its schema.</param>
    public void Export(Action<nint, nint> use)
    {
        var addresses = new nint[_columns.Count];
        var held = new List<MemoryHandle>();
        try
        {
            for (var i = 0; i < addresses.Length; i++)
            {
                if (_columns[i].Hold is { } hold)
                {
                    held.Add(hold());
                    addresses[i] = (nint)held[^1].Pointer;
                }
            }

            PinFrom(0, addresses, () => Describe(addresses, use));
        }
        finally
        {
            held.ForEach(h => h.Dispose());
        }
    }

    // One frame of the stack holds one column; there is no other way to pin spans whose number is known only at run time.
    private void PinFrom(int index, nint[] addresses, Action then)
    {
        while (index < _columns.Count && _columns[index].Pin is null)
        {
            index++;
        }

        if (index == _columns.Count)
        {
            then();
            return;
        }

        _columns[index].Pin!(address =>
        {
            addresses[index] = address;
            PinFrom(index + 1, addresses, then);
        });
    }

    private static byte Format<T>()
        where T : unmanaged
        => typeof(T) == typeof(float) ? (byte)'f' : typeof(T) == typeof(double) ? (byte)'g' : typeof(T) == typeof(int) ? (byte)'i' : typeof(T) == typeof(long) ? (byte)'l'
            : throw new NotSupportedException($"Expected a column of float32, float64, int32 or int64, but found {typeof(T).Name}.");

    private void Describe(nint[] addresses, Action<nint, nint> use)
    {
        var handles = new List<GCHandle>();
        T* AddressOf<T>(T[] array)
            where T : unmanaged
        {
            var handle = GCHandle.Alloc(array, GCHandleType.Pinned);
            handles.Add(handle);
            return (T*)handle.AddrOfPinnedObject();
        }

        try
        {
            var count = _columns.Count;
            var arrays = AddressOf(new ArrowArrayStruct[count + 1]);
            var schemas = AddressOf(new ArrowSchemaStruct[count + 1]);
            var arrayChildren = (ArrowArrayStruct**)AddressOf(new nint[count]);
            var schemaChildren = (ArrowSchemaStruct**)AddressOf(new nint[count]);
            var buffers = (void**)AddressOf(new nint[(2 * count) + 1]);
            var empty = AddressOf(new byte[1]);
            for (var i = 0; i < count; i++)
            {
                var column = _columns[i];
                buffers[2 * i] = column.Validity is { } bits ? AddressOf(bits) : null;
                buffers[(2 * i) + 1] = (void*)addresses[i];
                arrays[i] = new ArrowArrayStruct
                {
                    Length = rowCount,
                    NullCount = column.Validity is null ? 0 : -1,
                    BufferCount = 2,
                    Buffers = buffers + (2 * i),
                    Release = &KeepArray,
                };
                schemas[i] = new ArrowSchemaStruct { Format = AddressOf(new[] { column.Format, (byte)0 }), Name = empty, Flags = 2, Release = &KeepSchema };
                arrayChildren[i] = arrays + i;
                schemaChildren[i] = schemas + i;
            }

            buffers[2 * count] = null;
            arrays[count] = new ArrowArrayStruct
            {
                Length = rowCount,
                BufferCount = 1,
                ChildCount = count,
                Buffers = buffers + (2 * count),
                Children = arrayChildren,
                Release = &KeepArray,
            };
            schemas[count] = new ArrowSchemaStruct { Format = AddressOf("+s\0"u8.ToArray()), Name = empty, ChildCount = count, Children = schemaChildren, Release = &KeepSchema };
            use((nint)(arrays + count), (nint)(schemas + count));
        }
        finally
        {
            handles.ForEach(h => h.Free());
        }
    }

    // The memory is ours; the interface asks for it to be marked as released.
    [UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static void KeepArray(ArrowArrayStruct* array) => array->Release = null;

    [UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static void KeepSchema(ArrowSchemaStruct* schema) => schema->Release = null;

    private sealed record Column(byte Format, byte[]? Validity, Func<MemoryHandle>? Hold, Action<Pinned>? Pin);
}
