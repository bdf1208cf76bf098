internal import CXenGuest
func f(_ p: UnsafeMutablePointer<save_callbacks>, _ l: UnsafeMutablePointer<xentoollog_logger>) { 
  var i = xc_dominfo_t(); i.nr_pages = 3
  _ = p.pointee.suspend; withVaList(["x"]) { l.pointee.vmessage(l, XTL_DEBUG, 0, "a", "%s", $0) } 
}
