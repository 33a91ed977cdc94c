using System.Runtime.InteropServices;

namespace Mlp.Spark.TestFunctions.Interop;

/// <summary>A library that tests build and lay among the native files of this assembly.</summary>
internal static partial class NativeLibraryMethods
{
    /// <summary>Three times the number, and one.</summary>
    [LibraryImport("mlp_test_native", EntryPoint = "mlp_test_compute")]
    internal static partial int Compute(int number);
}
