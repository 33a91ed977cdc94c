using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Inference.Interop;

namespace Mlp.Runtime.Accelerators.Interop;

/// <summary>
/// Asks ONNX Runtime's C interface which execution provider runs which node; the C# interface has no call for it. The functions are there from version 1.24 on, at places in the table that never change. A library or
/// a managed binding that is laid out otherwise is not asked.
/// </summary>
internal static unsafe class GraphAssignment
{
    /// <summary>Reads the assignment.</summary>
    /// <param name="session">A session that has recorded it.</param>
    /// <returns>One entry per node; null where it cannot be had.</returns>
    public static IReadOnlyCollection<AssignedNode>? Read(InferenceSession session)
    {
        try
        {
            var api = EngineInterface.Find();
            var nodes = api is null ? null : Read(api, EngineInterface.HandleOf(session));
            GC.KeepAlive(session);
            return nodes;
        }
        catch (Exception e) when (EngineInterface.IsMissing(e))
        {
            return null;
        }
    }

    private static List<AssignedNode>? Read(OrtApi* api, nint session)
    {
        void** subgraphs;
        nuint count;
        if (session == 0 || !IsOk(api, ((delegate* unmanaged<nint, void***, nuint*, nint>)api->Session_GetEpGraphAssignmentInfo)(session, &subgraphs, &count)))
        {
            return null;
        }

        var found = new List<AssignedNode>((int)count);
        for (nuint i = 0; i < count; i++)
        {
            byte* provider;
            void** nodes;
            nuint nodeCount;
            if (!IsOk(api, ((delegate* unmanaged<void*, byte**, nint>)api->EpAssignedSubgraph_GetEpName)(subgraphs[i], &provider))
                || !IsOk(api, ((delegate* unmanaged<void*, void***, nuint*, nint>)api->EpAssignedSubgraph_GetNodes)(subgraphs[i], &nodes, &nodeCount)))
            {
                return null;
            }

            for (nuint n = 0; n < nodeCount; n++)
            {
                byte* name;
                byte* operatorType;
                if (!IsOk(api, ((delegate* unmanaged<void*, byte**, nint>)api->EpAssignedNode_GetName)(nodes[n], &name))
                    || !IsOk(api, ((delegate* unmanaged<void*, byte**, nint>)api->EpAssignedNode_GetOperatorType)(nodes[n], &operatorType)))
                {
                    return null;
                }

                found.Add(new AssignedNode(Text(provider), Text(name), Text(operatorType)));
            }
        }

        return found;
    }

    private static string Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? string.Empty;

    /// <summary>A status is null, or an error that the caller owns.</summary>
    private static bool IsOk(OrtApi* api, nint status)
    {
        if (status == 0)
        {
            return true;
        }

        ((delegate* unmanaged<nint, void>)api->ReleaseStatus)(status);
        return false;
    }
}
