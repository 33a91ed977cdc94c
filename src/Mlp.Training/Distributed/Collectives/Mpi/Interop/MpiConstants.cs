using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives.Mpi.Interop;

/// <summary>
/// What differs between the two binary interfaces of MPI. Open MPI's handles are addresses of objects that the library exports; those of MPICH and its kin (Intel MPI, MVAPICH) are numbers, fixed since MPICH 3.1.
/// </summary>
internal sealed record MpiConstants
{
    private const string OpenMpiWorld = "ompi_mpi_comm_world";

    /// <summary>Which.</summary>
    public required string Flavour { get; init; }

    /// <summary>All ranks that one <c>mpirun</c> has started.</summary>
    public required nint World { get; init; }

    /// <summary>The handler that lets calls return errors.</summary>
    public required nint ErrorsReturn { get; init; }

    /// <summary>Says that values lie where the result goes.</summary>
    public required nint InPlace { get; init; }

    /// <summary>Says that nobody wants a status.</summary>
    public required nint IgnoreStatus { get; init; }

    /// <summary>Bytes.</summary>
    public required nint Bytes { get; init; }

    /// <summary>The color of ranks that are in no new group, in both interfaces.</summary>
    public static int Undefined => -32766;

    private nint Float32 { get; init; }

    private nint Float64 { get; init; }

    private nint Int32 { get; init; }

    private nint Int64 { get; init; }

    private nint Sum { get; init; }

    private nint Product { get; init; }

    private nint Minimum { get; init; }

    private nint Maximum { get; init; }

    /// <summary>Finds out which interface a library has.</summary>
    /// <param name="library">The loaded library.</param>
    public static MpiConstants Of(nint library) => NativeLibrary.TryGetExport(library, OpenMpiWorld, out var world) ? OpenMpi(library, world) : Mpich();

    /// <summary>The library's type and operation, where its reduction does what ours does: sums and products of numbers that it knows, and least and greatest integers. Of NaN and of the sign of zero MPI says nothing.</summary>
    /// <returns>False where there is none.</returns>
    public bool TryFind(ElementType element, ReduceOperation operation, out nint type, out nint reduction)
    {
        type = TypeOf(element);
        reduction = operation switch
        {
            ReduceOperation.Sum or ReduceOperation.Average => Sum,
            ReduceOperation.Product => Product,
            ReduceOperation.Minimum => Minimum,
            _ => Maximum,
        };
        return type != 0 && (ElementTypes.IsInteger(element) || operation is ReduceOperation.Sum or ReduceOperation.Average or ReduceOperation.Product);
    }

    private static MpiConstants OpenMpi(nint library, nint world) => new()
    {
        Flavour = "Open MPI",
        World = world,
        ErrorsReturn = NativeLibrary.GetExport(library, "ompi_mpi_errors_return"),
        InPlace = 1,
        IgnoreStatus = 0,
        Bytes = NativeLibrary.GetExport(library, "ompi_mpi_byte"),
        Float32 = NativeLibrary.GetExport(library, "ompi_mpi_float"),
        Float64 = NativeLibrary.GetExport(library, "ompi_mpi_double"),
        Int32 = NativeLibrary.GetExport(library, "ompi_mpi_int"),
        Int64 = NativeLibrary.GetExport(library, "ompi_mpi_int64_t"),
        Sum = NativeLibrary.GetExport(library, "ompi_mpi_op_sum"),
        Product = NativeLibrary.GetExport(library, "ompi_mpi_op_prod"),
        Minimum = NativeLibrary.GetExport(library, "ompi_mpi_op_min"),
        Maximum = NativeLibrary.GetExport(library, "ompi_mpi_op_max"),
    };

    private static MpiConstants Mpich() => new()
    {
        Flavour = "MPICH",
        World = 0x44000000,
        ErrorsReturn = 0x54000001,
        InPlace = -1,
        IgnoreStatus = 1,
        Bytes = 0x4c00010d,
        Float32 = 0x4c00040a,
        Float64 = 0x4c00080b,
        Int32 = 0x4c000405,
        Int64 = 0x4c00083a,
        Maximum = 0x58000001,
        Minimum = 0x58000002,
        Sum = 0x58000003,
        Product = 0x58000004,
    };

    private nint TypeOf(ElementType element) => element switch
    {
        ElementType.Float32 => Float32,
        ElementType.Float64 => Float64,
        ElementType.Int32 => Int32,
        ElementType.Int64 => Int64,
        _ => 0,
    };
}
