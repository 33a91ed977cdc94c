using System.Runtime.InteropServices;

namespace Mlp.Training.Trees.Interop;

/// <summary><c>struct ArrowSchema</c> of the Arrow C data interface.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ArrowSchemaStruct
{
    public byte* Format;
    public byte* Name;
    public byte* Metadata;
    public long Flags;
    public long ChildCount;
    public ArrowSchemaStruct** Children;
    public ArrowSchemaStruct* Dictionary;
    public delegate* unmanaged[Cdecl]<ArrowSchemaStruct*, void> Release;
    public void* PrivateData;
}
