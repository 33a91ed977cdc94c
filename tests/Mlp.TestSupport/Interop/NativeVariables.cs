using System.Runtime.InteropServices;

namespace Mlp.TestSupport.Interop;

/// <summary>Environment variables as native libraries see them, which is not what .NET sees on Unix.</summary>
public static partial class NativeVariables
{
    /// <summary>The value of a variable.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The value, or null if it is not set.</returns>
    public static string? Get(string name) => Marshal.PtrToStringUTF8(GetEnvironment(name));

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnvironment(string name);
}
