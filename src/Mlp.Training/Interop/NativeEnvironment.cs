using System.Runtime.InteropServices;

namespace Mlp.Training.Interop;

/// <summary>The environment as native code sees it: on Unix, <see cref="Environment.SetEnvironmentVariable(string, string?)"/> does not reach libc.</summary>
internal static partial class NativeEnvironment
{
    /// <summary>Sets a variable unless it has a value.</summary>
    public static void SetIfUnset(string name, string value) => _ = SetEnvironment(name, value, 0);

    /// <summary>The value that native code sees, or null.</summary>
    public static string? Get(string name) => Marshal.PtrToStringUTF8(GetEnvironment(name));

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint GetEnvironment(string name);
}
