namespace Mlp.Training.Interop;

/// <summary>One symbol version that a library asks of another.</summary>
/// <param name="Library">The library that shall define it, for example <c>libstdc++.so.6</c>.</param>
/// <param name="Version">The version, for example <c>GLIBCXX_3.4.32</c>.</param>
/// <param name="Index">The number by which symbols refer to it.</param>
/// <param name="Flags">Flags as they stand in the file.</param>
/// <param name="FlagsOffset">Byte offset of the flags.</param>
internal readonly record struct ElfVersionNeed(string Library, string Version, int Index, ushort Flags, int FlagsOffset)
{
    /// <summary>Whether the loader goes on where the version is absent.</summary>
    public bool IsWeak => (Flags & ElfVersionNeeds.WeakFlag) != 0;
}
